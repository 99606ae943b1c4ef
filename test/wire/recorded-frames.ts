/** Frames as a real kernel sent them, recorded on Linux 6.1 IPVS and keepalived 2.2.7. */

/** tcp4-nat.client.pcap, frame 1: 10.1.0.2:40000 opens a connection to the VIP 10.1.0.100:80. */
export const TcpSyn = `
  1aec0321765c 7a3af5d622ec 0800
  4500003c 2d724000 4006f8e2 0a010002 0a010064
  9c400050 062d9e74 00000000 a002faf0 ca590000
  020405b4 0402080a 9fcc8d50 00000000 01030306`;

/** tcp4-nat.server.pcap, frame 1: the same segment on its way to the real server 10.2.0.12:8080. */
export const TcpSynToServer = `
  0ae3d311c561 ee643d15e35a 0800
  4500003c 2d724000 3f06fa39 0a010002 0a02000c
  9c401f90 062d9e74 00000000 a002faf0 ab700000
  020405b4 0402080a 9fcc8d50 00000000 01030306`;

/** tcp4-nat.client.pcap, frame 4: the client sends six bytes. */
export const TcpData = `
  1aec0321765c 7a3af5d622ec 0800
  4500003a 2d744000 4006f8e2 0a010002 0a010064
  9c400050 062d9e75 2d57d84e 801803ec 5d640000
  0101080a 9fcc8d52 cf6c7990 68656c6c6f30`;

/** udp46-nat.client.pcap, frame 1: 10.1.0.2:40000 sends two bytes to the VIP 10.1.0.100:53. */
export const UdpDatagram = `
  dafe36de45a1 b6ba8624fda8 0800
  4500001e 57e44000 4011ce83 0a010002 0a010064
  9c400035 000ae1cc 6d30`;

/** icmp46-nat.client.pcap, frame 2: port unreachable from the VIP, with the packet that caused it. */
export const IcmpUnreachable = `
  72180b25f1cb 3a1ba0ceb468 0800
  45c0006a 95de0000 3f01d08d 0a010064 0a010002
  03033805 00000000
  4500004e efe74000 3f113750 0a010002 0a010064
  9d080063 003a638e
  78787878787878787878787878787878787878787878787878
  78787878787878787878787878787878787878787878787878`;

/** vrrp-v3-ipv4.pcap, frame 6: keepalived announces the VIP 10.4.0.100 by gratuitous ARP. */
export const GratuitousArp = `
  ffffffffffff 020000000401 0806
  0001 0800 06 04 0001 020000000401 0a040064 ffffffffffff 0a040064`;
