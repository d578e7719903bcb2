/** Orders texts so that numbers in them count as numbers: `80/tcp` before `443/tcp`, `c2` before `c10`. */
export function compareNaturally(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.match(/\d+|\D+/g) ?? []);
  for (let index = 0; index < Math.min(left?.length ?? 0, right?.length ?? 0); index++) {
    const [x = '', y = ''] = [left?.[index], right?.[index]];
    if (x === y) continue;
    const numbers = /^\d/.test(x) && /^\d/.test(y);
    if (numbers && Number(x) !== Number(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return (left?.length ?? 0) - (right?.length ?? 0);
}
