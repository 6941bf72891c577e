import { installPackages } from '../host/packages.ts';
import { type Executors, failed, succeeded } from './agent.ts';
import { programsOf } from './config-generator.ts';

export const dependencyInstaller: Executors<'install_dependencies'> = {
  async install_dependencies({ stack, signal }) {
    const missing = (await programsOf(stack)).filter(({ path }) => path === null);
    if (missing.length === 0) return succeeded({ installed: [] });
    const unpackaged = missing.filter(({ packages }) => packages.length === 0).map(({ name }) => name);
    if (unpackaged.length > 0)
      return failed(
        'missing_dependencies',
        `${unpackaged.join(', ')}: no package brings it; install it by hand, or correct the command in davy.json`,
        { missing },
      );
    const packages = [...new Set(missing.flatMap((program) => program.packages))];
    const result = await installPackages(packages, { signal });
    if (!result.ok)
      return failed('missing_dependencies', `${result.reason}. To install by hand: ${result.command}`, {
        ...result,
      });
    const still = (await programsOf(stack)).filter(({ path }) => path === null).map(({ name }) => name);
    if (still.length > 0)
      return failed('missing_dependencies', `still not found: ${still.join(', ')}`, { packages });
    return succeeded({ installed: packages });
  },
};
