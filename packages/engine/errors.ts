/** The one place where an error becomes an HTTP answer: a status and `{"message": …}`. */
import { messageOf, NaruError, type ErrorKind } from '#base';

const statuses: Record<ErrorKind, number> = {
  InvalidArgument: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  Conflict: 409,
  NotModified: 304,
  Unavailable: 503,
  NotImplemented: 501,
  Cancelled: 499,
  DataLoss: 500,
  Internal: 500,
};

/** Status and message for anything thrown; what no room threw on purpose is 500. */
export function statusOf(error: unknown): { status: number; message: string } {
  const status = error instanceof NaruError ? statuses[error.kind] : 500;
  return { status, message: messageOf(error) };
}
