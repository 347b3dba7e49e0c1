// A shell that starts programs, pipes them into each other and writes where it is told.
const { exec, execSync, spawn } = require('node:child_process');
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');

mkdirSync('data', { recursive: true });
writeFileSync('data/words.txt', 'pear\napple\nfig\napple\n');
console.log(execSync('sort data/words.txt | uniq -c | tr -s " "').toString());
console.log(execSync('sh -c "wc -l < data/words.txt; basename /a/b.txt"', { encoding: 'utf8' }));
exec('grep -c apple data/words.txt && sed s/fig/date/ data/words.txt > data/changed.txt', (error, stdout) => {
  console.log(error?.code ?? 0, stdout.trim(), readFileSync('data/changed.txt', 'utf8').split('\n').length);
  const child = spawn('sh', ['-c', 'read line; echo "got $line"; exit 7']);
  child.stdout.on('data', (text) => console.log(`${text}`.trim()));
  child.on('close', (code) => console.log('status', code));
  child.stdin.end('a line\n');
});
