/** A promise's value, if it is there within so many milliseconds; undefined if it is not. Throws what the promise throws. */
export async function within<T>(
  promise: Promise<T>,
  milliseconds: number,
): Promise<{ value: T } | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([promise.then((value) => ({ value })), late]);
  } finally {
    clearTimeout(timer);
  }
}
