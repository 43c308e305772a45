// What a file is, by its first bytes: its name and what its sender says do not count. Pure.
import { fileTypeFromBuffer } from 'file-type';
import { imageSize } from 'image-size';

/** Bytes from the start in which the type is looked for, and the size of an image. */
export const TYPE_BYTES = 4100;
export const SIZE_BYTES = 256 * 1024;
/** Pixels of an image; more would be a burden to whoever opens it. */
export const MOST_PIXELS = 100_000_000;

/** Browsers show these without running anything in them. All else is downloaded. */
const SHOWN = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'video/mp4',
  'video/webm',
  'audio/mpeg',
  'audio/ogg',
  'audio/wav',
  'audio/mp4',
]);

export const mayBeShown = (contentType: string): boolean => SHOWN.has(contentType);

/** @param whole whether the head is the whole file */
export async function typeOf(head: Uint8Array, whole: boolean): Promise<string> {
  const found = await fileTypeFromBuffer(head.subarray(0, TYPE_BYTES)).catch(() => undefined);
  if (found !== undefined) return found.mime.split(';', 1)[0] as string;
  return isText(head.subarray(0, TYPE_BYTES), whole) ? 'text/plain' : 'application/octet-stream';
}

function isText(head: Uint8Array, whole: boolean): boolean {
  if (head.includes(0)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: !whole || head.length === TYPE_BYTES });
    return true;
  } catch {
    return false;
  }
}

/** Width and height as they are shown; undefined while too little is there, or for what is no image. */
export function pixelsOf(head: Uint8Array): { width: number; height: number } | undefined {
  try {
    const { width, height, orientation } = imageSize(head);
    if (!(width > 0 && height > 0)) return undefined;
    const turned = orientation !== undefined && orientation >= 5;
    return turned ? { width: height, height: width } : { width, height };
  } catch {
    return undefined;
  }
}
