/** Requests of a simulated agent over kept connections: a crowd of agents should cost little beside the server it measures. */
import { Agent, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** Asks again while the server says that something of its own went wrong, as agents do. @throws when it refuses */
export async function post(url: string, token: string, body: unknown): Promise<string> {
  for (;;) {
    const { status, answer } = await postOnce(url, token, body)
    if (status >= 200 && status < 300) return answer
    if (status < 500) throw new Error(`${url} answered ${status} ${answer}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

function postOnce(url: string, token: string, body: unknown): Promise<{ status: number; answer: string }> {
  const text = JSON.stringify(body)
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  }
  return new Promise((resolve, reject) => {
    const asking = request(url, { method: 'POST', agent, headers }, (response) => {
      let answer = ''
      response.setEncoding('utf8').on('data', (chunk) => (answer += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, answer }))
    })
    asking.on('error', reject)
    asking.end(text)
  })
}
