# Become the machine that emulator.py describes; in fresh mount and process namespaces.
#
# arguments: the test's folder, an environment or nothing, where its Python is, the project
set -e
folder=$1 environment=$2 python=$3 project=$4

mount -t tmpfs tmpfs "$folder/system"
cd "$folder/system"
mkdir changes work root
mount -t overlay overlay -o lowerdir=/,upperdir=changes,workdir=work root
cd root
mount --rbind /dev dev
mount --rbind /sys sys
mount -t proc proc proc
mount -t tmpfs -o mode=1777 tmpfs dev/shm

mkdir autograder
mount --bind "$folder/autograder" autograder
if [[ $environment ]]; then
    mkdir -p autograder/venv ".$python"
    mount --bind "$environment" autograder/venv
    [[ $python == /usr ]] || mount --bind "$python" ".$python"
fi
# Gradescope has no copy of the project.
[[ ! -d .$project ]] || mount -t tmpfs tmpfs ".$project"
mount -t tmpfs -o mode=1777 tmpfs tmp

# Not chroot, in which nobody may have namespaces, as bubblewrap needs them.
mkdir tmp/before
pivot_root . tmp/before
cd /
umount --lazy /tmp/before
rmdir /tmp/before

echo ready
# A shell that waits also reaps the processes that others leave behind.
sleep infinity &
wait
