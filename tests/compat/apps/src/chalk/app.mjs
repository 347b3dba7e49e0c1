import chalk, { Chalk, supportsColor } from 'chalk';

const colours = new Chalk({ level: 2 });
console.log(JSON.stringify(colours.red.bold('red') + colours.hex('#ff8800').underline('x')));
console.log(chalk.green('plain when not a terminal'), supportsColor === false);
