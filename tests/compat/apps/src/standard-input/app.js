// A filter: what comes in goes through a child and out again.
const { spawn } = require('node:child_process');
const readline = require('node:readline');

const counts = new Map();
const child = spawn('tr', ['a-z', 'A-Z'], { stdio: ['pipe', 'inherit', 'inherit'] });
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  for (const word of line.split(' ')) counts.set(word, (counts.get(word) ?? 0) + 1);
  child.stdin.write(`${line}\n`);
}).on('close', () => {
  child.stdin.end();
  child.on('close', (code) => console.log(code, [...counts]));
});
