const say = (message) => (process.send ? process.send(message) : console.log(JSON.stringify(message)));
fetch(`http://127.0.0.1:${process.argv[2]}/a?b=1`, { method: 'POST', body: 'hello' })
  .then((response) => response.json())
  .then((json) => { say(json); if (process.send) process.disconnect(); });
