/** Does something again and again, never twice at once. What it throws is its own to tell. */
export function every(milliseconds: number, what: () => Promise<unknown>): void {
  let busy = false;
  setInterval(async () => {
    if (busy) return;
    busy = true;
    try {
      await what();
    } finally {
      busy = false;
    }
  }, milliseconds);
}
