import { DavyError, messageOf } from '../../core/errors.ts';
import { isInterruption } from '../interruption.ts';
import { type Executors, failed, succeeded } from './agent.ts';

export const environmentManager: Executors<'reset_environment'> = {
  async reset_environment({ stage, reset }) {
    const type = stage.reset ?? 'soft';
    const steps: { step: string; result: string }[] = [];
    try {
      await reset(type, async (step, result) => {
        steps.push({ step, result });
      });
      return succeeded({ type, steps });
    } catch (error) {
      if (isInterruption(error)) throw error;
      const code = error instanceof DavyError ? error.code : 'reset_failed';
      return failed(code, messageOf(error), { type, steps });
    }
  },
};
