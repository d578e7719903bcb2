import { parsePlatform } from '#spec';

/** The `platform` parameter of the image calls since API 1.48: JSON, or undefined for none. Throws InvalidArgument. */
export function platformJson(text: string): string | undefined {
  if (text === '') return undefined;
  const { architecture, os, variant } = parsePlatform(text);
  return JSON.stringify({ architecture, os, ...(variant === undefined ? {} : { variant }) });
}
