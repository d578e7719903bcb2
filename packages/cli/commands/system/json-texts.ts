/** The JSON values of a stream as texts, their digits and order untouched: one a line, as the engine sends events. */
export async function* jsonTexts(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of body) {
    const lines = (pending + decoder.decode(chunk, { stream: true })).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield line.trim();
  }
  if (pending.trim() !== '') yield pending.trim();
}
