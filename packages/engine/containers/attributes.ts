/** What a container's events carry: its labels, its image's name, its own. */
import { causeAttribute, type EndCause } from '#spec';
import type { ContainerRecord } from './record.ts';

type Shown = { readonly name: ContainerRecord['name']; readonly config: Pick<ContainerRecord['config'], 'Labels' | 'Image'> };

export function attributesOf({ name, config }: Shown, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { ...config.Labels, ...(config.Image !== '' && { image: config.Image }), name, ...more };
}

/** Of an end that nobody asked for. */
export function causedBy(cause: EndCause): Record<string, string> {
  return { [causeAttribute]: cause };
}
