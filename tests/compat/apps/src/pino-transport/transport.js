const fs = require('fs');
const { Writable } = require('stream');

module.exports = ({ out }) => new Writable({
  write(chunk, encoding, done) {
    for (const line of String(chunk).trim().split('\n')) {
      const { level, msg, ...rest } = JSON.parse(line);
      fs.appendFileSync(out, `${level} ${msg} ${JSON.stringify(rest)}\n`);
    }
    done();
  },
});
