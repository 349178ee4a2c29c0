//! The modes of the verbs: ways to use one that read different options.

/// What a command is about, which decides what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The verb has one mode.
    Only,
    /// An ImageNet network.
    ImageNet,
    /// An ImageNet network on photographs.
    Photographed,
    /// A network trained here.
    Trained,
    /// A next-frame predictor.
    Frames,
    /// Pictures chosen by class.
    Chosen,
    /// Pictures named by number.
    Numbered,
    /// Images of a data set.
    Split,
    /// Your own pictures, with boxes.
    Boxes,
    /// Scores without curves.
    Maps,
    /// Scores with insertion and deletion curves.
    Curves,
    /// Trials on images, and perhaps predictors.
    Images,
    /// Predictors alone.
    Clips,
    /// Photographs to score.
    Photos,
    /// Boxes to localise on.
    Located,
    /// Pictures to draw.
    Drawn,
    /// Runs to list.
    Ran,
    /// Experiments to list.
    Planned,
    /// Jobs of Slurm.
    Slurm,
    /// Jobs of Kubernetes.
    Kubernetes,
}

/// The texts of a mode.
pub(super) struct Words {
    /// What its options are for, in the plural.
    pub(super) of: &'static str,
    /// What shows that a command is in it; `{}` stands for the command's subject.
    pub(super) because: &'static str,
    /// How to get there.
    pub(super) how: &'static str,
}

impl Mode {
    /// Returns its texts.
    pub(super) fn words(self) -> Words {
        let (of, because, how) = match self {
            Self::Only => ("other verbs", "this one does not read it", ""),
            Self::ImageNet => (
                "ImageNet networks",
                "{} is an ImageNet network",
                "name an ImageNet network, such as resnet50",
            ),
            Self::Photographed => (
                "ImageNet networks on photographs",
                "{} is an ImageNet network",
                "name an ImageNet network, such as resnet50, and --photos DIR",
            ),
            Self::Trained => (
                "networks trained here",
                "{} is a network trained here",
                "name a network trained here, such as trial-d, or the data that it was trained on, \
                 such as --dataset cifar-100",
            ),
            Self::Frames => (
                "networks that predict frames",
                "{} predicts frames",
                "name a network that predicts frames, such as convlstm",
            ),
            Self::Chosen => (
                "pictures chosen by class",
                "the pictures are chosen by class",
                "leave --test-index out",
            ),
            Self::Numbered => (
                "pictures named by number",
                "--test-index names the pictures",
                "name pictures by number: --test-index N,N",
            ),
            Self::Split => (
                "images of a data set",
                "the images are those of a data set",
                "leave --boxes out",
            ),
            Self::Boxes => (
                "your own pictures with boxes",
                "--boxes names your own pictures",
                "name boxes on your own pictures: --boxes FILE",
            ),
            Self::Maps => ("scores", "only scores are measured", ""),
            Self::Curves => (
                "insertion and deletion curves",
                "--insertion-deletion measures them",
                "measure curves: --insertion-deletion",
            ),
            Self::Images => (
                "trials A to D",
                "trials A to D are trained",
                "leave --only out",
            ),
            Self::Clips => (
                "networks that predict frames",
                "--only frames trains networks that predict frames",
                "give --only frames",
            ),
            Self::Photos => (
                "photographs to score maps on",
                "--photos names photographs to score maps on",
                "name a folder of photographs: --photos DIR",
            ),
            Self::Located => (
                "boxes to localise maps on",
                "--boxes names boxes to localise maps on",
                "name boxes: --boxes FILE",
            ),
            Self::Drawn => (
                "pictures to draw",
                "--image and --several name pictures to draw",
                "name pictures to draw: --image FILE",
            ),
            Self::Ran => ("runs", "runs are listed", "name runs: list runs"),
            Self::Slurm => (
                "jobs of Slurm",
                "--engine slurm submits to Slurm",
                "give --engine slurm",
            ),
            Self::Kubernetes => (
                "jobs of Kubernetes",
                "--engine kubernetes writes a job of Kubernetes",
                "give --engine kubernetes",
            ),
            Self::Planned => ("experiments", "experiments are listed", ""),
        };
        Words { of, because, how }
    }
}
