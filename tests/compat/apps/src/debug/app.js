process.env.DEBUG = 'app:*';
const debug = require('debug');

const log = debug('app:main');
log.log = (line) => console.log(String(line).replace(/^.*?app:/, 'app:').replace(/ \+\d+ms$/, ''));
log('hello %s %o %d', 'world', { a: 1 }, 42);
console.log(debug('other').enabled, debug('app:x').enabled, debug.enabled('app:y'));
debug.disable();
console.log(debug('app:z').enabled);
