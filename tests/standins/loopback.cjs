// Keep a stand-in to this machine: whatever it listens on becomes 127.0.0.1.
const net = require('node:net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  if (typeof args[0] === 'number') {
    const rest = args.slice(1).filter((one) => typeof one === 'function');
    return listen.call(this, { port: args[0], host: '127.0.0.1' }, ...rest);
  }
  if (args[0] && typeof args[0] === 'object' && 'port' in args[0]) args[0] = { ...args[0], host: '127.0.0.1' };
  return listen.apply(this, args);
};
