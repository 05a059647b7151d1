/**
 * Whether the engine made a container's name up: nobody chose it, and the next container gets another one. Docker and Podman join an
 * adjective and a surname (`pkg/namesgenerator` of https://github.com/moby/moby), `compose run` ends in random digits, and an engine
 * without a name shows the container's ID.
 */
export function isInventedName(name: string): boolean {
  const [, adjective = ""] = /^([a-z]+)_[a-z]{3,}\d?$/.exec(name) ?? [];
  return (
    ADJECTIVES.has(adjective) ||
    /[-_]run[-_][0-9a-f]{12}$/.test(name) ||
    /^(?=.*\d)[0-9a-f]{12,64}$/.test(name)
  );
}

const ADJECTIVES: ReadonlySet<string> = new Set(
  `admiring adoring affectionate agitated amazing angry awesome beautiful blissful bold boring brave busy charming clever compassionate
  competent condescending confident cool cranky crazy dazzling determined distracted dreamy eager ecstatic elastic elated elegant eloquent
  epic exciting fervent festive flamboyant focused friendly frosty funny gallant gifted goofy gracious great happy hardcore heuristic
  hopeful hungry infallible inspiring intelligent interesting jolly jovial keen kind laughing loving lucid magical modest musing mystifying
  naughty nervous nice nifty nostalgic objective optimistic peaceful pedantic pensive practical priceless quirky quizzical recursing relaxed
  reverent romantic sad serene sharp silly sleepy stoic strange stupefied suspicious sweet tender thirsty trusting unruffled upbeat vibrant
  vigilant vigorous wizardly wonderful xenodochial youthful zealous zen`.split(/\s+/),
);
