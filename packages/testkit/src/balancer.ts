/** What stands before several servers: takes each connection to one that answers, in turn. It knows nothing of HTTP. */
import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'

export type Balancer = AsyncDisposable & { url: string; port: number }

export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const clients = new Set<Socket>()
  let turn = 0
  const server = createServer({ allowHalfOpen: true }, (client) => {
    clients.add(client)
    client.on('close', () => clients.delete(client)).on('error', () => client.destroy())
    const first = turn++
    const candidates = ports.map((_, i) => ports[(first + i) % ports.length] ?? 0)
    connectFirst(candidates, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const client of clients) client.destroy()
      await once(server, 'close')
    },
  }
}

function connectFirst([port, ...others]: number[], client: Socket): void {
  if (port === undefined) return void client.destroy()
  const server = createConnection({ port, host: '127.0.0.1', allowHalfOpen: true })
  let isOpen = false
  server.once('connect', () => {
    isOpen = true
    client.pipe(server).pipe(client)
    client.once('close', () => server.destroy())
  })
  server.on('error', () => (isOpen ? client.destroy() : connectFirst(others, client)))
  server.once('close', () => isOpen && client.destroy())
}
