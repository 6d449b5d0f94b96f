import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

export type Drain = (how: { closeSockets: () => Promise<void>; withinMs: number }) => Promise<void>

/** The answer ends the server: it takes nothing new, sends agents elsewhere, and lets requests under way end for a while. */
export function openDrain(http: FastifyInstance): Drain {
  const closeSpare = followConnections(http)
  return async ({ closeSockets, withinMs }) => {
    const closed = http.close()
    closeSpare()
    await closeSockets()
    const force = setTimeout(() => http.server.closeAllConnections(), withinMs)
    await closed
    clearTimeout(force)
  }
}

/**
 * The answer closes connections on which nothing was said yet, and those that come later: browsers and `fetch` keep one in
 * reserve, which Node's own `closeIdleConnections` does not take for idle.
 */
function followConnections({ server }: FastifyInstance): () => void {
  const open = new Set<Socket>()
  let isClosing = false
  server.on('connection', (socket) => {
    if (isClosing) return socket.destroy()
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return () => {
    isClosing = true
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy()
  }
}
