/** Why work is broken off for good: what it began on the host is to end. Of any other reason it goes on without us. */
export class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

/** It took longer than it may: what it began on the host is to end. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}
