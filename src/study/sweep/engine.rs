//! Descriptions of a sweep for the engines that run it elsewhere.

use serde_json::{Value, json};

/// Most cells of one array: Slurm's default `MaxArraySize` is 1001.
pub const MOST_IN_ARRAY: u64 = 1000;
/// Seconds between the warning and the end of a job.
const GRACE_SECONDS: u64 = 120;
/// Exit code of a cell that stopped with a checkpoint saved, `EX_TEMPFAIL` of BSD's `sysexits.h`.
pub const TRY_AGAIN: u8 = 75;

/// What a script for an engine needs to know.
#[derive(Debug, Clone)]
pub struct Job {
    /// Name of the sweep.
    pub name: String,
    /// Number of its cells.
    pub cells: u64,
    /// Most cells that run at once; no limit if 0.
    pub throttle: u64,
    /// The program and the options of every command, as a shell reads them.
    pub program: String,
    /// The folder in which commands run.
    pub folder: String,
    /// The folder of the sweep, for the logs.
    pub logs: String,
    /// Further options of the engine, such as "--partition=gpu".
    pub options: Vec<String>,
}

/// Returns the arrays of the cells: the first cell and the number of each.
pub fn arrays(cells: u64) -> Vec<(u64, u64)> {
    let starts = (0..cells).step_by(MOST_IN_ARRAY as usize);
    starts
        .map(|start| (start, MOST_IN_ARRAY.min(cells - start)))
        .collect()
}

/// Returns the script of one array of Slurm: `count` cells from `first`.
///
/// A cell that was stopped is queued again: by Slurm, if it stopped the job, or by the script.
pub fn slurm_array(job: &Job, (first, count): (u64, u64)) -> String {
    let throttle = match job.throttle {
        0 => String::new(),
        most => format!("%{most}"),
    };
    let options = [
        format!("--array=0-{}{throttle}", count - 1),
        "--requeue".to_string(),
        format!("--signal=USR1@{GRACE_SECONDS}"),
        "--open-mode=append".to_string(),
    ];
    let Job { name, program, .. } = job;
    let commands = format!(
        "srun --kill-on-bad-exit=0 {program} sweep run {name} --cell $(({first} + \
         SLURM_ARRAY_TASK_ID))\n\
         code=$?\n\
         # Stopped with a checkpoint saved: the cell goes on from there.\n\
         job=\"${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}\"\n\
         if [ $code -eq {TRY_AGAIN} ] && [ \"$(squeue -h -j $job -o %T)\" = RUNNING ]; then\n  \
           scontrol requeue $job\n\
         fi\n\
         exit $code"
    );
    slurm_script(job, ["", "%A_%a"], &options, &commands)
}

/// Returns the script of Slurm that merges the results once every cell has ended.
pub fn slurm_merge(job: &Job) -> String {
    let commands = format!("exec {} sweep merge {}", job.program, job.name);
    slurm_script(job, ["-merge", "merge-%j"], &[], &commands)
}

/// Returns the script of a job with the endings of its name and of its log.
fn slurm_script(job: &Job, [name, log]: [&str; 2], options: &[String], commands: &str) -> String {
    // A percent sign in the path of a log would be replaced, as those in its name are.
    let logs = job.logs.replace('%', "%%");
    let own = [
        format!("--job-name=camtrail-{}{name}", job.name),
        format!("--output={logs}/slurm-{log}.log"),
    ];
    let options = own.iter().chain(options).chain(&job.options);
    let options: String = options
        .map(|option| format!("#SBATCH {}\n", argument(option)))
        .collect();
    let folder = &job.folder;
    format!("#!/bin/bash\n{options}cd {folder} || exit 1\n{commands}\n")
}

/// Returns `option`, which has no line break, as one argument of a line that begins with "#SBATCH".
///
/// # Source
/// As Slurm 22.05 was seen to read them: white space separates arguments, "#" begins a comment, a backslash
/// escapes one character, and quotes are removed.
fn argument(option: &str) -> String {
    let is_special = |c: char| c.is_whitespace() || matches!(c, '#' | '"' | '\'' | '\\');
    match option.contains(is_special) {
        true => format!("\"{}\"", option.replace('\\', "\\\\").replace('"', "\\\"")),
        false => option.to_string(),
    }
}

/// Returns an Indexed Job of Kubernetes: one pod per cell, in the container `image`, with the volume
/// claim `claim` mounted at the folder of the job. A cell that was stopped does not count as a failure.
///
/// # Source
/// Kubernetes API reference, `batch/v1` Job; `backoffLimitPerIndex` needs version 1.29 or later.
pub fn kubernetes(job: &Job, image: &str, claim: &str) -> Value {
    let parallelism = match job.throttle {
        0 => job.cells,
        most => most.min(job.cells),
    };
    let name = dns_name(&format!("camtrail-{}", job.name));
    let command = format!("exec {} sweep run {}", job.program, job.name);
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": { "name": name },
        "spec": {
            "completionMode": "Indexed",
            "completions": job.cells,
            "parallelism": parallelism,
            "backoffLimitPerIndex": 2,
            "maxFailedIndexes": job.cells,
            "podFailurePolicy": {
                "rules": [{
                    "action": "Ignore",
                    "onExitCodes": {
                        "containerName": "cell",
                        "operator": "In",
                        "values": [TRY_AGAIN],
                    },
                }, {
                    "action": "Ignore",
                    "onPodConditions": [{ "type": "DisruptionTarget", "status": "True" }],
                }],
            },
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "terminationGracePeriodSeconds": GRACE_SECONDS,
                    "containers": [{
                        "name": "cell",
                        "image": image,
                        "workingDir": job.folder,
                        "command": ["/bin/sh", "-c", command],
                        "volumeMounts": [{ "name": "work", "mountPath": job.folder }],
                    }],
                    "volumes": [{
                        "name": "work",
                        "persistentVolumeClaim": { "claimName": claim },
                    }],
                },
            },
        },
    })
}

/// Returns `name` with the characters that the name of an object in Kubernetes may have.
fn dns_name(name: &str) -> String {
    /// Most characters of a pod's host name, less "-" and the index.
    const MOST: usize = 52;
    let lower = name.to_ascii_lowercase();
    let safe = lower.replace(
        |c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit(),
        "-",
    );
    let short: String = safe.chars().take(MOST).collect();
    short.trim_matches('-').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(cells: u64, throttle: u64) -> Job {
        Job {
            name: "rates".into(),
            cells,
            throttle,
            program: "/bin/camtrail --runs c".into(),
            folder: "/home/x".into(),
            logs: "c/sweeps/rates".into(),
            options: vec!["--partition=gpu".into()],
        }
    }

    #[test]
    fn arrays_have_a_thousand_cells_at_most() {
        assert_eq!(arrays(12), [(0, 12)]);
        assert_eq!(arrays(1000), [(0, 1000)]);
        assert_eq!(arrays(2001), [(0, 1000), (1000, 1000), (2000, 1)]);
    }

    #[test]
    fn the_script_of_an_array() {
        let script = slurm_array(&job(2001, 4), (1000, 1000));
        assert_eq!(
            script,
            "#!/bin/bash\n\
             #SBATCH --job-name=camtrail-rates\n\
             #SBATCH --output=c/sweeps/rates/slurm-%A_%a.log\n\
             #SBATCH --array=0-999%4\n\
             #SBATCH --requeue\n\
             #SBATCH --signal=USR1@120\n\
             #SBATCH --open-mode=append\n\
             #SBATCH --partition=gpu\n\
             cd /home/x || exit 1\n\
             srun --kill-on-bad-exit=0 /bin/camtrail --runs c sweep run rates --cell $((1000 + \
             SLURM_ARRAY_TASK_ID))\n\
             code=$?\n\
             # Stopped with a checkpoint saved: the cell goes on from there.\n\
             job=\"${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\"\n\
             if [ $code -eq 75 ] && [ \"$(squeue -h -j $job -o %T)\" = RUNNING ]; then\n  \
               scontrol requeue $job\n\
             fi\n\
             exit $code\n"
        );
    }

    #[test]
    fn options_with_spaces_are_one_argument() {
        let with_spaces = Job {
            logs: "my runs/100%/rates".into(),
            options: vec!["--comment=say \"hi\" \\ #1".into()],
            ..job(1, 0)
        };
        let merge = slurm_merge(&with_spaces);
        let lines: Vec<&str> = merge.lines().collect();
        assert_eq!(
            lines[2],
            "#SBATCH \"--output=my runs/100%%/rates/slurm-merge-%j.log\""
        );
        assert_eq!(lines[3], r##"#SBATCH "--comment=say \"hi\" \\ #1""##);
    }

    #[test]
    fn the_manifest_of_kubernetes() {
        let manifest = kubernetes(&job(12, 3), "registry/camtrail:1", "data");
        let spec = &manifest["spec"];
        assert_eq!(
            (&spec["completions"], &spec["parallelism"]),
            (&json!(12), &json!(3))
        );
        let container = &spec["template"]["spec"]["containers"][0];
        assert_eq!(
            container["command"][2],
            "exec /bin/camtrail --runs c sweep run rates"
        );
        assert_eq!(dns_name("camtrail-My_Sweep.2"), "camtrail-my-sweep-2");
    }
}
