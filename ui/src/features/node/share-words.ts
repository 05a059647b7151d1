/** `share`, or `3 shares`, after 'your'. */
export function shareWords(count: number): string {
  return count === 1 ? "share" : `${count} shares`;
}
