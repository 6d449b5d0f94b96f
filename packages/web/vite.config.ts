import { contract } from '@firn/contract/api/contract'
import { minifyContractRouter } from '@orpc/contract'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const name = 'virtual:contract'

/** Gives the page the contract's routes without its schemas, so that zod stays out of the browser. */
const contractRoutes: Plugin = {
  name: 'contract-routes',
  resolveId: (id) => (id === name ? `\0${name}` : undefined),
  load: (id) =>
    id === `\0${name}` ? `export const contract = ${JSON.stringify(minifyContractRouter(contract))}` : undefined,
}

export default defineConfig({
  plugins: [react(), contractRoutes],
  build: { target: 'es2022', sourcemap: false, modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { proxy: { '/api': 'http://127.0.0.1:8090' } },
})
