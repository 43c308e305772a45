// Has an image made by a server that speaks OpenAI's images API, and keeps it as a file of the room. What comes back is looked at
// before it is kept: only a PNG, JPEG or WebP is an image.
import { z } from 'zod';
import { derivedId } from '../../core/ids.ts';
import type { Operate } from '../operate.ts';
import { defineTool, type Tool, toolFailure } from '../tool.ts';
import type { RoomFile } from '../workspace/contract.ts';
import { notConfigured, type ServiceClient, served } from './service-client.ts';

export interface ImageConfig {
  url: string;
  model: string;
  apiKey?: string | undefined;
}

const input = z.strictObject({
  prompt: z.string().trim().min(1).max(4000).describe('What the image shows, and in which style.'),
  size: z.enum(['1024x1024', '1536x1024', '1024x1536']).default('1024x1024'),
});

const Answer = z.object({ data: z.array(z.object({ b64_json: z.string().nullish() })).min(1) });

/** Of the answer, which holds the image as base64. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const MAX_IMAGE_BYTES = 4 * 1024 * 1024;

/** Output: `{ path, fileId, contentType, bytes }`. */
export function createGenerateImage(
  config: ImageConfig | undefined,
  client: ServiceClient,
  operate: Operate,
): Tool {
  const unavailable = config === undefined ? notConfigured('IMAGE_API_KEY or IMAGE_BASE_URL') : undefined;
  return defineTool<z.infer<typeof input>>({
    name: 'generate_image',
    description: 'Makes an image from a description, and keeps it as a file of this room.',
    input,
    effect: 'write_internal',
    timeoutMs: 90_000,
    permissions: [],
    ...(unavailable === undefined ? {} : { unavailable }),
    execute: ({ prompt, size }, ctx) =>
      served(ctx, async () => {
        if (config === undefined) return toolFailure('not_configured', unavailable as string);
        const { url, model, apiKey } = config;
        const answer = await client.json(
          'The image service',
          `${url.replace(/\/+$/, '')}/images/generations`,
          {
            method: 'POST',
            ...(apiKey === undefined ? {} : { headers: { authorization: `Bearer ${apiKey}` } }),
            // The newer models always answer so, and refuse to be told.
            body: {
              model,
              prompt,
              size,
              n: 1,
              ...(/^gpt-image/.test(model) ? {} : { response_format: 'b64_json' }),
            },
            signal: ctx.signal,
            maxBytes: MAX_ANSWER_BYTES,
            totalMs: 85_000,
          },
        );
        const image = Buffer.from(Answer.parse(answer).data[0]?.b64_json ?? '', 'base64');
        const kind = kindOf(image);
        if (kind === undefined) return toolFailure('bad_answer', 'The image service answered no image.');
        if (image.length > MAX_IMAGE_BYTES)
          return toolFailure(
            'too_large',
            `The image has more than ${MAX_IMAGE_BYTES} bytes; ask for a smaller one.`,
          );
        const id = derivedId('image', ctx.agentId, ctx.idempotencyKey ?? ctx.runId);
        const contentType = `image/${kind}`;
        const file = await operate.asAgent<RoomFile>(ctx, 'files.write', {
          roomId: ctx.roomId,
          path: `images/${nameOf(prompt)}-${id.slice(0, 8)}.${kind === 'jpeg' ? 'jpg' : kind}`,
          body: image.toString('base64'),
          encoding: 'base64',
          contentType,
          writeId: id,
        });
        return {
          ok: true,
          output: { path: file.path, fileId: file.id, contentType, bytes: file.bytes },
          summary: file.path,
        };
      }),
  });
}

function kindOf(bytes: Buffer): 'png' | 'jpeg' | 'webp' | undefined {
  if (bytes.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])))
    return 'png';
  if (bytes.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'jpeg';
  if (bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') return 'webp';
  return undefined;
}

const nameOf = (prompt: string): string =>
  prompt
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40) || 'image';
