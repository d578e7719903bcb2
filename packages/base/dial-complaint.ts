import { errnoOf, messageOf } from './errors.ts';

/** What went wrong on the way to `url`, in Go's words for the common failures, which Docker's users know; anything else in its own. */
export function dialComplaint(cause: unknown, url: URL): string {
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  const code = errnoOf(first) ?? '';
  const { address, port } = (first ?? {}) as { address?: string; port?: number };
  const peer = `dial tcp ${address ?? url.hostname}:${port ?? (url.port || (url.protocol === 'https:' ? 443 : 80))}`;
  const sentences: Readonly<Record<string, string>> = {
    ECONNREFUSED: `${peer}: connect: connection refused`,
    ENETUNREACH: `${peer}: connect: network is unreachable`,
    EHOSTUNREACH: `${peer}: connect: no route to host`,
    ETIMEDOUT: `${peer}: i/o timeout`,
    ENOTFOUND: `dial tcp: ${lookupComplaint(first, url.hostname)}`,
    EAI_AGAIN: `dial tcp: ${lookupComplaint(first, url.hostname)}`,
    ECONNRESET: 'EOF',
    EPROTO: 'http: server gave HTTP response to HTTPS client',
    ERR_SSL_WRONG_VERSION_NUMBER: 'http: server gave HTTP response to HTTPS client',
    ERR_SSL_PACKET_LENGTH_TOO_LONG: 'http: server gave HTTP response to HTTPS client',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    SELF_SIGNED_CERT_IN_CHAIN: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    CERT_HAS_EXPIRED: 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
  };
  return sentences[code] ?? messageOf(first);
}

/** Why a host name has no address, in Go's words. */
export function lookupComplaint(cause: unknown, host: string): string {
  const sentences: Readonly<Record<string, string>> = { ENOTFOUND: 'no such host', EAI_AGAIN: 'Temporary failure in name resolution' };
  return `lookup ${host}: ${sentences[errnoOf(cause) ?? ''] ?? messageOf(cause)}`;
}
