require 'ipaddr'
require 'json'
require 'socket'

module Baton
  # A mistake that a person can mend: Vagrant prints the text and nothing else.
  class Error < Vagrant::Errors::VagrantError
    def initialize(text)
      @text = text
      super()
    end

    def error_message
      @text
    end
  end

  # A machine of topology.json.
  Node = Struct.new(:name, :role, :kind, :addresses) do
    # Calls the block with each network and the machine's address there.
    def each_link(&block)
      addresses.each_pair(&block)
    end
  end

  # What the environment asks for:
  #
  #   BATON_DIRECTORS       1 to 4 (2)
  #   BATON_REAL_SERVERS    1 to 8 (3)
  #   BATON_METHOD          both, nat or dr (both): which services there are, by forwarding method
  #   BATON_ADVERT          10ms to 40.95s (1s): how often the master announces itself
  #   BATON_PROFILE         baton or mixed (baton): mixed makes d2 a real IPVS kernel with keepalived
  #   BATON_MEMORY          MB for each VM, 256 or more (512)
  #   BATON_BOX             the box (debian/bookworm64)
  #   BATON_LIBVIRT_DRIVER  kvm or qemu (kvm): qemu emulates, where there is no hardware virtualisation
  #
  # The first five are read by baton too (cluster/vagrant/settings.ts), so set them for both.
  class Settings
    FOLDER = File.expand_path('..', __dir__)
    TOPOLOGY = JSON.parse(File.read(File.join(FOLDER, 'topology.json')))
    LXC_FIRST_HOST = 200
    LIMITS = { 'director' => 4, 'real-server' => 8 }.freeze

    attr_reader :directors, :real_servers, :forwarding, :advert, :profile, :memory, :box, :libvirt_driver

    def initialize(environment)
      @environment = environment
      @packing = Mutex.new
      @profile = choice('BATON_PROFILE', %w[baton mixed])
      @directors = count('BATON_DIRECTORS', 2, 1..LIMITS['director'])
      @real_servers = count('BATON_REAL_SERVERS', 3, 1..LIMITS['real-server'])
      @forwarding = choice('BATON_METHOD', %w[both nat dr])
      @advert = interval('BATON_ADVERT', '1s')
      @memory = count('BATON_MEMORY', 512, 256..65_536)
      @box = value('BATON_BOX', 'debian/bookworm64')
      @libvirt_driver = choice('BATON_LIBVIRT_DRIVER', %w[kvm qemu])
      return unless mixed? && @directors != 2

      raise Error, "BATON_DIRECTORS has to be 2 with BATON_PROFILE=mixed, not #{@directors}"
    end

    # The machines of this lab, the client first.
    def nodes
      TOPOLOGY['nodes'].group_by { |node| node['kind'] }.flat_map do |kind, nodes|
        nodes.first(wanted(kind)).map do |node|
          role = mixed? && node['name'] == 'd2' ? 'ipvs-director' : kind
          Node.new(node['name'], role, kind, node['addresses'])
        end
      end
    end

    def subnets
      TOPOLOGY['networks']
    end

    def prefix_length(network)
      subnets.fetch(network).split('/').last.to_i
    end

    def netmask(network)
      IPAddr.new('255.255.255.255').mask(prefix_length(network)).to_s
    end

    def emulated?
      libvirt_driver == 'qemu'
    end

    def mixed?
      profile == 'mixed'
    end

    def for_guests
      {
        'BATON_DIRECTORS' => directors.to_s, 'BATON_REAL_SERVERS' => real_servers.to_s,
        'BATON_METHOD' => forwarding, 'BATON_PROFILE' => profile, 'BATON_ADVERT' => advert
      }
    end

    # Packs the project for the guests, once however many machines a command is about.
    def pack
      # Vagrant may work on several machines at the same time.
      @packing.synchronize do
        @packed ||= system(File.join(FOLDER, 'pack'))
        raise Error, 'The project could not be packed for the guests; see above.' unless @packed
      end
    end

    # A MAC address that a container keeps: with a new one at every start, neighbours would go on sending to the old one.
    def lxc_mac(index, position)
      format('02:ba:70:00:%02x:%02x', index, position)
    end

    # The address of a container on LXC's own bridge, with the length of its prefix: out of the way of DHCP, and known
    # before the container runs.
    def lxc_address(position)
      bridge = Socket.getifaddrs.find { |each| each.name == 'lxcbr0' && each.addr&.ipv4? }
      base = bridge ? bridge.addr.ip_address : '10.0.3.1'
      base.sub(/\d+\z/, (LXC_FIRST_HOST + position).to_s)
    end

    private

    def wanted(kind)
      { 'director' => directors, 'real-server' => real_servers }.fetch(kind, 1)
    end

    def value(name, usual)
      text = @environment[name]
      text.nil? || text.empty? ? usual : text
    end

    def choice(name, choices)
      text = value(name, choices.first)
      return text if choices.include?(text)

      raise Error, "#{name} has to be #{choices.join(', ')}, not '#{text}'"
    end

    def count(name, usual, range)
      text = value(name, usual.to_s)
      return text.to_i if text.match?(/\A\d+\z/) && range.cover?(text.to_i)

      raise Error, "#{name} has to be a number from #{range.begin} to #{range.end}, not '#{text}'"
    end

    def interval(name, usual)
      text = value(name, usual)
      number, unit = text.match(/\A(\d+(?:\.\d+)?)(ms|s)\z/)&.captures
      ms = number && (number.to_r * (unit == 's' ? 1000 : 1))
      return text if ms && ms.between?(10, 40_950) && (ms % 10).zero?

      raise Error, "#{name} has to be 10ms to 40.95s in steps of 10ms, not '#{text}'"
    end
  end
end
