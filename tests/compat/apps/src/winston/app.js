const winston = require('winston');
const fs = require('node:fs');
const path = require('node:path');

const file = path.join(__dirname, 'app.log');
fs.rmSync(file, { force: true });
const logger = winston.createLogger({
  level: 'info',
  format: winston.format.json(),
  transports: [
    new winston.transports.Console({ format: winston.format.simple() }),
    new winston.transports.File({ filename: file }),
  ],
});
logger.info('hello', { a: 1 });
logger.debug('hidden');
logger.error('oops');
logger.on('finish', () => setTimeout(() => console.log(fs.readFileSync(file, 'utf8').trim()), 100));
logger.end();
