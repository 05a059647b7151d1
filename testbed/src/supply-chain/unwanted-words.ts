/** Phrases that users should not have to read, each with a replacement. Extend the list when a review finds another one. */
export const UNWANTED: readonly { readonly phrase: RegExp; readonly instead: string }[] = [
  { phrase: /\banew\b|\bafresh\b/i, instead: "again, or name what happens: restarts, recreates" },
  { phrase: /\bof before\b/i, instead: "previous" },
  { phrase: /\b(?:is|are|was|were) told\b|\btold of\b|\btells of\b/i, instead: "shows, announces, reports" },
  { phrase: /\bby (?:itself|themselves)\b/i, instead: "automatically, or nothing" },
  { phrase: /\bas good as\b/i, instead: "almost, or what it is" },
  { phrase: /\b(?:could not|cannot|can't) be had\b/i, instead: "cannot be pulled, is not available" },
  { phrase: /\bmend(?:s|ed|ing)?\b/i, instead: "fix" },
  { phrase: /\bsome (?:ten|six|five|twenty|thirty)\b/i, instead: "about ten" },
  { phrase: /\b(?:is|are) said (?:to|only|so)\b/i, instead: "the row says, the panel shows" },
  { phrase: /\bcomes about\b|\bcame about\b/i, instead: "happens, succeeds" },
  { phrase: /\bnobody's\b|\bsomebody else's\b/i, instead: "another program's, another user's" },
  { phrase: /\bleads? nowhere\b/i, instead: "is unreachable" },
];

/** Matches a file with a title that depends on the previous one or lacks a subject. */
export const UNWANTED_TITLE = /\.tsx?: (?:nor|so (?:do|does|is|are|has)|and|also|one that|whoever|what) /i;
