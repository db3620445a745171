// A network between two programs that a test can spoil: slow, cut in the middle of what it carries, reset, swallowing
// everything, swallowing only what is answered, or down. What was sent before a cut, or whose answer was swallowed, may
// have arrived, so senders must send it again, and receivers take it once.
import { createServer, connect } from 'node:net';

export const SPOILED = ['slow', 'cut', 'reset', 'swallow', 'mute', 'down'];

const GREETING_PIECES = 2; // of the server: its settings, and that it read the client's

export class Network {
  // `draw` gives a number from [0, 1).
  static async to(port, draw) {
    const network = new Network();
    network.mode = 'good';
    network.cuts = 0;
    network.swallowed = 0; // answers
    network.sockets = new Set();
    network.server = createServer((client) => network.carry(client, port, draw));
    await new Promise((resolve) => network.server.listen(0, '127.0.0.1', resolve));
    network.address = `127.0.0.1:${network.server.address().port}`;
    return network;
  }
  // Connections that stand are ended, so that the new weather is felt at once.
  set(mode) {
    this.mode = mode;
    for (const socket of this.sockets) socket.destroy();
  }
  carry(client, port, draw) {
    const server = connect(port, '127.0.0.1');
    for (const [from, to] of [[client, server], [server, client]]) {
      this.sockets.add(from);
      from.on('error', () => {});
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      let pieces = 0;
      from.on('data', (data) => {
        pieces += 1;
        if (this.mode === 'mute' && from === server && pieces > GREETING_PIECES) this.swallowed += 1;
        else this.pass(data, from, to, draw);
      });
    }
    if (this.mode === 'down') client.destroy();
  }
  pass(data, from, to, draw) {
    const mode = this.mode;
    if (mode === 'swallow') return;
    // One piece in six ends its connection, some of it delivered: often a reply whose call was done.
    if ((mode === 'cut' || mode === 'reset') && draw() < 1 / 6) {
      this.cuts += 1;
      to.write(data.subarray(0, Math.floor(data.length * draw())));
      if (mode === 'reset') from.resetAndDestroy();
      else from.destroy();
      return;
    }
    if (mode !== 'slow') to.write(data);
    else {
      // In order: all pieces wait equally long.
      setTimeout(() => to.destroyed || to.write(data), 400);
    }
  }
  stop() {
    this.set('down');
    return new Promise((resolve) => this.server.close(resolve));
  }
}
