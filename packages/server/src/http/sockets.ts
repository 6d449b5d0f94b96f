import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { Refusal } from '@firn/base/refusal'
import { type WebSocket, WebSocketServer } from 'ws'
import { answerOf } from './answer-errors.ts'

/** A socket's address, who may open it, and what happens then. */
export type SocketRoute<Who> = {
  path: string
  /** @throws Refusal for those who may not */
  authorise(request: IncomingMessage): Promise<Who>
  accept(socket: WebSocket, who: Who): Promise<void>
}

export type AnySocketRoute = {
  path: string
  open(request: IncomingMessage): Promise<(socket: WebSocket) => Promise<void>>
}

/** A route whose two halves agree on who is there. */
export function socketRoute<Who>({ path, authorise, accept }: SocketRoute<Who>): AnySocketRoute {
  return {
    path,
    async open(request) {
      const who = await authorise(request)
      return (socket) => accept(socket, who)
    },
  }
}

/** WebSocket's code for it. */
const goingAway = 1001

const messageBytesMax = 64 * 1024 * 1024

const terminateAfterMs = 500
const settleWithinMs = 3000

/**
 * Opens WebSockets on the server. The answer closes them all, with the code that has their agents come back at once, to another
 * server if there is one; it resolves when what was done on them has ended: it still needs the database.
 */
export function openSockets(
  server: Server,
  routes: AnySocketRoute[],
  onError: (error: unknown) => void,
): () => Promise<void> {
  let isClosing = false
  const sockets = new WebSocketServer({ noServer: true, maxPayload: messageBytesMax })
  const conversations = new Set<Promise<void>>()
  const upgrade = async (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    duplex.on('error', () => duplex.destroy())
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const route = routes.find(({ path }) => path === pathname)
    try {
      if (isClosing) return duplex.destroy()
      if (route === undefined) throw new Refusal('NOT_FOUND', 'There is no socket at this address.')
      const accept = await route.open(request)
      sockets.handleUpgrade(request, duplex, head, (socket) => {
        const conversation = accept(socket)
          .catch((error: unknown) => {
            onError(error)
            socket.terminate()
          })
          .finally(() => conversations.delete(conversation))
        conversations.add(conversation)
        if (isClosing) socket.close(goingAway, 'the server is stopping')
      })
    } catch (error) {
      refuse(duplex, error)
    }
  }
  server.on('upgrade', (request, duplex, head) => void upgrade(request, duplex, head))
  return async () => {
    isClosing = true
    for (const socket of sockets.clients) socket.close(goingAway, 'the server is stopping')
    const terminate = () => {
      for (const socket of sockets.clients) socket.terminate()
    }
    setTimeout(terminate, terminateAfterMs).unref()
    // A database that hangs keeps nobody from stopping.
    await Promise.race([Promise.all(conversations), delay(settleWithinMs, undefined, { ref: false })])
  }
}

function refuse(duplex: Duplex, error: unknown): void {
  const { status, body } = answerOf(error)
  const text = JSON.stringify(body)
  duplex.end(
    `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  )
}
