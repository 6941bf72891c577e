import { MARKER_VARIABLE } from '../marker.ts';

/** How the wrapper ends when another one of the same folder was first. */
export const SECOND_EXIT = 113;

/**
 * Runs its arguments behind the folder, at most once for that folder: `started` can be made only once (noclobber
 * opens with O_EXCL). Nothing of the user is read as shell text. Only shell built-ins around the one fork, and no
 * variable but the marker's, which the command must not inherit, so that its environment stays as given.
 * Shells export PWD on their own: it is taken away again.
 * Descriptor 3 is the command's standard error; what the shell itself says about a signal goes to its own.
 */
export const WRAPPER = `set -C
{ {
  read -r ${MARKER_VARIABLE} </proc/sys/kernel/random/boot_id
  printf '%s ' "$${MARKER_VARIABLE}"
  read -r ${MARKER_VARIABLE} </proc/$$/stat
  printf '%s\\n' "$${MARKER_VARIABLE}"
} >"$1/started"; } 2>/dev/null || exit ${SECOND_EXIT}
unset ${MARKER_VARIABLE} PWD
(shift; exec "$@" 2>&3 3>&-)
printf '%s\\n' "$?" >"$1/exit"
`;
