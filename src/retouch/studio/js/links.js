// Signed links may name the public address; a page asks the address that it came from.
export function here(url) {
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
}
