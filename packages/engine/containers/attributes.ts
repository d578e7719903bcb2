/** What a container's events carry: its labels, its image's name, its own. */
import { causeAttribute, type EndCause } from '#spec';
import type { ContainerRecord } from './record.ts';

export function attributesOf(record: ContainerRecord, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { ...record.config.Labels, image: record.config.Image, name: record.name, ...more };
}

/** Of an end that nobody asked for. */
export function causedBy(cause: EndCause): Record<string, string> {
  return { [causeAttribute]: cause };
}
