import { startFakeServer } from './server.ts'

/** `npm run dev` starts this beside Vite: the stories move on by themselves, and start anew when all is green. */
await using fake = await startFakeServer({ port: 8090 })
console.log(`fake server on ${fake.url}`)
const turn = setInterval(() => {
  fake.running.step()
  fake.running.logStep(`  CC      drivers/net/phy/step-${Date.now() % 100_000}.o`)
}, 1000)
await new Promise((resolve) => {
  process.once('SIGINT', resolve)
  process.once('SIGTERM', resolve)
})
clearInterval(turn)
