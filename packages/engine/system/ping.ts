import type { ApiReply, ApiRequest } from '../router.ts';

/**
 * `/_ping`: what clients ask first, to learn the API version and the kind of builder. Builder-Version 1 sends the
 * docker command to `POST /build` where it has no buildx.
 */
export function ping(request: ApiRequest, reply: ApiReply): void {
  const body = request.method === 'HEAD' ? '' : 'OK';
  const response = reply.head(
    200,
    ['Builder-Version', '1'],
    ['Cache-Control', 'no-cache, no-store, must-revalidate'],
    ['Pragma', 'no-cache'],
    ['Swarm', 'inactive'],
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Length', String(body.length)],
  );
  response.end(body);
}
