/**
 * The closed set of errors that Naru throws across its rooms.
 *
 * A room throws one of these; only a front door (HTTP, gRPC, command line) turns it into a status or exit code.
 * `message` is written for the user who caused it, in Docker's wording where Docker has one.
 */
export type ErrorKind =
  | 'InvalidArgument'
  | 'NotFound'
  | 'Conflict'
  | 'NotModified'
  | 'Unauthorized'
  | 'Forbidden'
  | 'Unavailable'
  | 'NotImplemented'
  | 'Cancelled'
  | 'DataLoss'
  | 'Internal';

/** Base of every error that Naru throws on purpose; `kind` decides the status at the front door. */
export class NaruError extends Error {
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.name = kind;
  }
}

const define = (kind: ErrorKind) =>
  class extends NaruError {
    constructor(message: string, options?: ErrorOptions) {
      super(kind, message, options);
    }
  };

/** What the user asked for cannot be right, whatever the state. */
export class InvalidArgument extends define('InvalidArgument') {}
/** The named thing does not exist. */
export class NotFound extends define('NotFound') {}
/** The thing exists, and its state or name forbids the request. */
export class Conflict extends define('Conflict') {}
/** The request asks for the state that already holds (HTTP 304). */
export class NotModified extends define('NotModified') {}
/** Credentials are missing or wrong. */
export class Unauthorized extends define('Unauthorized') {}
/** Understood and refused. */
export class Forbidden extends define('Forbidden') {}
/** A peer or resource cannot be reached now; trying again may help. */
export class Unavailable extends define('Unavailable') {}
/** Known by name, not built. */
export class NotImplemented extends define('NotImplemented') {}
/** The caller went away or asked to stop. */
export class Cancelled extends define('Cancelled') {}
/** Stored or received bytes are not what their digest or format says. */
export class DataLoss extends define('DataLoss') {}
/** Naru's own fault, or the kernel's: nothing the user wrote explains it. */
export class Internal extends define('Internal') {}

/** True when `error` is a Naru error of `kind`. */
export function isKind(error: unknown, kind: ErrorKind): error is NaruError {
  return error instanceof NaruError && error.kind === kind;
}

/** The message of anything thrown, for joining into a longer sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a Node system error ("ENOENT"), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
