#!/bin/busybox sh
# The guest's init: brings the machine up, then does what the second serial line says.
#
# A request is one line, `<number> <script in base64>`. The answer is one line as well:
#   done <number> <exit code> <standard output, gzip, base64> <standard error, gzip, base64>
# The first line is `ready <seconds since the kernel started>`. The first serial line is the kernel's console.
/bin/busybox mount -t devtmpfs dev /dev
exec >/dev/console 2>&1 </dev/null
export PATH=/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
mkdir -p /sys/fs/cgroup
mount -t cgroup2 cgroup /sys/fs/cgroup
ip link set lo up
while read -r module; do
    insmod "/lib/modules/$module.ko" || echo "agent: $module not loaded"
done </etc/modules

stty -F /dev/ttyS1 raw -echo 115200
exec 3<>/dev/ttyS1
packed() { gzip -c "$1" | base64 | tr -d '\n'; }
echo "ready $(cut -d ' ' -f 1 /proc/uptime)" >&3
while read -r number script <&3; do
    echo "$script" | base64 -d >/tmp/script
    sh /tmp/script >/tmp/out 2>/tmp/err 3>&-
    code=$?
    echo "done $number $code $(packed /tmp/out) $(packed /tmp/err)" >&3
done
