/** A Stratum pool of a few lines: it takes every login and always has the same job. `pool.cjs PORT [ADDRESS]` */
export const STRATUM_POOL = `
const job = ['1', '00'.repeat(32), '', '', [], '00000001', '207fffff', '65000000', true];
require('node:net').createServer((socket) => {
  const say = (message) => socket.write(JSON.stringify(message) + '\\n');
  socket.on('error', () => {}).on('data', (data) => {
    for (const { id, method } of String(data).trim().split('\\n').map((line) => JSON.parse(line))) {
      if (method === 'mining.subscribe') say({ id, result: [[['mining.notify', '1']], '00000000', 4], error: null });
      if (method !== 'mining.authorize') continue;
      say({ id, result: true, error: null });
      say({ id: null, method: 'mining.set_difficulty', params: [1] });
      say({ id: null, method: 'mining.notify', params: job });
    }
  });
}).listen(Number(process.argv[2]), process.argv[3] ?? '127.0.0.1');
`;
