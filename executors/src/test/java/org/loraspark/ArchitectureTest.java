package org.loraspark;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/**
 * Holds the rooms of one worker in the order tensor, grad, nn, lora, io, models, data, train, infer: a class in a lower
 * room never names one in a higher room, and a room names only those that its package-info allows.
 *
 * <p>One deviation from the plain table: {@code io} may use {@code lora}, because the dialects of LoRA files read and
 * write {@code LoraWeights}.
 */
@AnalyzeClasses(packages = "org.loraspark", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule aRoomUsesOnlyTheRoomsBelowThatItMay = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage("org.loraspark..")
            .layer("root")
            .definedBy("org.loraspark")
            .layer("tensor")
            .definedBy("org.loraspark.tensor..")
            .layer("grad")
            .definedBy("org.loraspark.grad..")
            .layer("nn")
            .definedBy("org.loraspark.nn..")
            .layer("lora")
            .definedBy("org.loraspark.lora..")
            .layer("io")
            .definedBy("org.loraspark.io..")
            .layer("models")
            .definedBy("org.loraspark.models..")
            .layer("data")
            .definedBy("org.loraspark.data..")
            .layer("train")
            .definedBy("org.loraspark.train..")
            .optionalLayer("infer")
            .definedBy("org.loraspark.infer..")
            .whereLayer("root")
            .mayNotAccessAnyLayer()
            .whereLayer("tensor")
            .mayOnlyAccessLayers("root")
            .whereLayer("grad")
            .mayOnlyAccessLayers("root", "tensor")
            .whereLayer("nn")
            .mayOnlyAccessLayers("root", "tensor", "grad")
            .whereLayer("lora")
            .mayOnlyAccessLayers("root", "tensor", "grad", "nn")
            .whereLayer("io")
            .mayOnlyAccessLayers("root", "tensor", "lora")
            .whereLayer("models")
            .mayOnlyAccessLayers("root", "tensor", "grad", "nn", "lora", "io")
            .whereLayer("data")
            .mayOnlyAccessLayers("root", "tensor", "io")
            .whereLayer("train")
            .mayOnlyAccessLayers("root", "tensor", "grad", "nn", "lora", "io", "models", "data")
            .ensureAllClassesAreContainedInArchitecture();

    @ArchTest
    static final ArchRule oneWorkerKnowsNothingOfSpark = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.spark..", "scala..", "org.loraspark.cluster..", "org.loraspark.cli..");
}
