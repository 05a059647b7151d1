/** To be filled in. */
export function benchCommand(): Promise<void> {
  return Promise.reject(new Error("there is no benchmark yet"));
}
