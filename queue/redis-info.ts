const MINIMUM_VERSION = [6, 2] as const;
const MEMORY_ALARM_SHARE = 0.95;

/** Reads the answer to INFO: what makes this Redis unfit to keep our jobs, in words. */
export function problemIn(info: string): string | undefined {
  const field = (name: string) => fieldIn(info, name);
  const version = versionIn(info);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < MINIMUM_VERSION[0] || (major === MINIMUM_VERSION[0] && minor < MINIMUM_VERSION[1])) {
    return `Redis ${version} is too old: ${MINIMUM_VERSION.join('.')} or newer is needed`;
  }
  const policy = field('maxmemory_policy') ?? 'noeviction';
  if (policy !== 'noeviction') {
    return `Redis evicts keys (maxmemory-policy ${policy}), which loses jobs: set maxmemory-policy noeviction`;
  }
  const limitBytes = Number(field('maxmemory') ?? 0);
  if (limitBytes > 0 && Number(field('used_memory')) > limitBytes * MEMORY_ALARM_SHARE) {
    return `Redis is at its memory limit (maxmemory ${limitBytes} bytes)`;
  }
  return undefined;
}

export function versionIn(info: string): string {
  return fieldIn(info, 'redis_version') ?? '';
}

function fieldIn(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim();
}
