const pino = require('pino');

const logger = pino({ base: null, timestamp: false, redact: ['password'] }, pino.destination({ dest: 1, sync: true }));
logger.info({ a: 1, password: 'x' }, 'hello %s', 'world');
logger.debug('hidden');
logger.child({ module: 'm' }).warn(new Error('oops').message);
