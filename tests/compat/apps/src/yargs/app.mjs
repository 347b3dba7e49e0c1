import yargs from 'yargs';

const make = (args) => yargs(args).scriptName('tool').exitProcess(false).locale('en')
  .command('run <name>', 'runs it', (y) => y.option('times', { type: 'number', default: 1 }), (argv) => console.log(argv.name, argv.times))
  .demandCommand(1).strict().fail((message) => console.log('failed:', message));
await make(['run', 'x', '--times', '3']).parse();
await make(['run', 'x', '--tims', '3']).parse();
console.log(await make([]).getHelp());
