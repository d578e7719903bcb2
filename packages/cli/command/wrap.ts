/**
 * Breaks a flag's description so that it fits beside the flags' column, as pflag does: lines after the first are
 * indented by `indent`; a line takes up to 5 characters more rather than leave a short rest; with less than 24
 * characters of room the text starts on a line of its own.
 */
export function wrapDescription(text: string, indent: number, columns: number): string {
  if (columns === 0) return hang(text, indent);
  const cramped = columns - indent < narrowest;
  const inset = cramped ? crampedIndent : indent;
  const room = columns - inset;
  const start = cramped ? `\n${' '.repeat(inset)}` : '';
  if (room < narrowest) return text.replaceAll('\n', start);
  const lines: string[] = [];
  for (let rest = text; rest !== '' || lines.length === 0; ) {
    const [line, left] = firstLine(rest, room - slack);
    lines.push(hang(line, inset));
    rest = left;
    if (rest === '') break;
  }
  return start + lines.join(`\n${' '.repeat(inset)}`);
}

const narrowest = 24;
const crampedIndent = 16;
const slack = 5;

/** Go counts bytes here; the descriptions are ASCII. */
function firstLine(text: string, room: number): [string, string] {
  if (room + slack > text.length) return [text, ''];
  const head = text.slice(0, room);
  const space = Math.max(head.lastIndexOf(' '), head.lastIndexOf('\t'), head.lastIndexOf('\n'));
  if (space <= 0) return [text, ''];
  const newline = head.lastIndexOf('\n');
  const at = newline > 0 && newline < space ? newline : space;
  return [text.slice(0, at), text.slice(at + 1)];
}

function hang(text: string, indent: number): string {
  return text.replaceAll('\n', `\n${' '.repeat(indent)}`);
}
