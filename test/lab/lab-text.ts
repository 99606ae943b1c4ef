/** A lab with every kind of node and both forwarding methods. */
export const labText = `
name: lab
networks:
  clients: 10.1.0.0/24
  servers: 10.2.0.0/24
  sync: 10.3.0.0/24
nodes:
  client: { kind: client, links: { clients: 10.1.0.2 } }
  d1:
    kind: director
    priority: 150
    links: { clients: 10.1.0.11, servers: 10.2.0.11, sync: 10.3.0.11 }
  d2:
    kind: director
    priority: 100
    links: { clients: 10.1.0.12, servers: 10.2.0.12, sync: 10.3.0.12 }
  s1: { kind: real-server, links: { clients: 10.1.0.21, servers: 10.2.0.21 } }
  s2: { kind: real-server, links: { clients: 10.1.0.22, servers: 10.2.0.22 } }
cluster:
  virtual-router-id: 51
  gateway: 10.2.0.254
services:
  - { protocol: tcp, address: 10.1.0.100, port: 80, method: NAT, scheduler: rr, real-servers: [s1, s2] }
  - { protocol: tcp, address: 10.1.0.101, port: 80, method: DR, scheduler: rr, real-servers: [s1, s2] }
  - { protocol: udp, address: 10.1.0.100, port: 53, method: NAT, scheduler: rr, real-servers: [s1, s2] }
  - { protocol: udp, address: 10.1.0.101, port: 53, method: DR, scheduler: rr, real-servers: [s1, s2] }
`;
