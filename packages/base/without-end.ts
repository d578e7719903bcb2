/** Drops what `isDropped` says at the end of `text`, in linear time: an expression that ends with `+$` begins anew at each of many such characters that stand before others. */
export function withoutEnd(text: string, isDropped: (character: string) => boolean): string {
  let end = text.length;
  while (end > 0 && isDropped(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
