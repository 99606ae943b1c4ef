require 'ipaddr'
require 'socket'
require 'timeout'

module Baton
  # What would fail later with words that help nobody, said before anything is built.
  class Checks
    # Where boxes are downloaded from.
    CATALOG = ['vagrantcloud.com', 443].freeze

    def initialize(settings)
      @settings = settings
      @done = false
      @running = Mutex.new
    end

    # Once for all machines: they are alike.
    def run(machine)
      @running.synchronize do
        check(machine) unless @done
        @done = true
      end
    end

    private

    def check(machine)
      case machine.provider_name
      when :virtualbox then check_processor(needs_kvm: false)
      when :libvirt
        check_processor(needs_kvm: true) unless @settings.emulated?
        check_subnets
      when :lxc then check_bridges
      end
      check_box(machine)
    end

    # On Linux the processor says what the firmware allows; other systems have VirtualBox say it.
    def check_processor(needs_kvm:)
      return unless File.readable?('/proc/cpuinfo')

      missing = 'vmx or svm in /proc/cpuinfo' unless File.read('/proc/cpuinfo').match?(/^flags\s*:.*\b(vmx|svm)\b/)
      missing ||= '/dev/kvm' if needs_kvm && !File.exist?('/dev/kvm')
      return if missing.nil?

      raise Error, <<~TEXT
        This machine offers no hardware virtualisation (no #{missing}).
        Turn on Intel VT-x or AMD-V (SVM) in its BIOS or UEFI setup and load the module kvm_intel or kvm_amd.
        Without it: --provider=libvirt with BATON_LIBVIRT_DRIVER=qemu emulates (slow), --provider=lxc uses containers.
      TEXT
    end

    # libvirt gives the first address of each subnet to a bridge of its own, called virbrN.
    def check_subnets
      @settings.subnets.each do |network, subnet|
        range = IPAddr.new(subnet)
        taken = Socket.getifaddrs.find do |each|
          each.addr&.ipv4? && !each.name.start_with?('virbr') && range.include?(each.addr.ip_address)
        end
        next if taken.nil?

        raise Error, <<~TEXT
          The subnet #{subnet} of the network '#{network}' is in use: #{taken.name} has the address #{taken.addr.ip_address}.
          Take that interface down, or choose another subnet in cluster/lab/default.yaml and run npm run vagrant-topology.
        TEXT
      end
    end

    def check_bridges
      missing = (['lxcbr0'] + @settings.subnets.keys.map { |name| "baton-#{name}" })
                .reject { |name| File.exist?("/sys/class/net/#{name}") }
      return if missing.empty?

      raise Error, "The bridges #{missing.join(', ')} are missing: run sudo vagrant/lxc-networks up"
    end

    def check_box(machine)
      return unless machine.box.nil? && !online?

      raise Error, <<~TEXT
        The box '#{machine.config.vm.box}' is not on this machine, and #{CATALOG.first} cannot be reached.
        Connect to the internet, or build the box from Debian packages: sudo vagrant/box/build #{machine.provider_name}
      TEXT
    end

    # With a proxy only the proxy knows.
    def online?
      return true if %w[http_proxy https_proxy HTTP_PROXY HTTPS_PROXY].any? { |name| ENV[name].to_s != '' }

      Timeout.timeout(5) { TCPSocket.new(*CATALOG).close }
      true
    rescue StandardError
      false
    end
  end
end
