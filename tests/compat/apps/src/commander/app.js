const { Command } = require('commander');

const make = () => {
  const program = new Command('tool').version('1.2.3').exitOverride()
    .configureOutput({ writeOut: (s) => process.stdout.write(s), writeErr: (s) => process.stdout.write(s) });
  program.command('build <file>').option('-o, --out <dir>', 'where', 'dist').option('--no-color')
    .action((file, options) => console.log(file, options));
  return program;
};
for (const args of [['build', 'a.js', '-o', 'x'], ['--help'], ['build'], ['bild', 'x'], ['--version']]) {
  try { make().parse(args, { from: 'user' }); } catch (error) { console.log(error.code, error.exitCode); }
}
