/** Why a path must not be touched. */
export class UnsafePathError extends Error {
  override readonly name = 'UnsafePathError';
  readonly path: string;

  constructor(path: string, reason: string) {
    super(`${path} is left alone: ${reason}`);
    this.path = path;
  }
}
