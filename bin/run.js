#!/usr/bin/env node
import { run } from './program.js';

const [program = ''] = process.argv.splice(2, 1);
await run(program);
