const { parentPort } = require('node:worker_threads');
parentPort.postMessage({ up: true });
parentPort.on('message', () => {});
